// The page in a notebook's cell: the kernel trains.

import { start } from "./app.js";
import { connect } from "./kernelConnection.js";

start(connect);
