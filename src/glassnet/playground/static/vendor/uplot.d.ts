// uPlot as the page uses it, for the type check.

declare const uPlot: any;
export default uPlot;
