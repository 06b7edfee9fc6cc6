// What the page uses of preact.js, for the type check.

export interface Signal<T> { value: T }
export function signal<T>(value: T): Signal<T>;
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function h(type: unknown, props?: object, ...children: unknown[]): any;
export function render(node: unknown, parent: Element): void;
export function useEffect(effect: () => unknown, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => unknown, inputs?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useRef<T = any>(value?: T): { current: T };
export function useState<T = any>(value: T): [T, (next: T | ((before: T) => T)) => void];
