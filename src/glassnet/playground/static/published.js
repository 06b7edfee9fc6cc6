// The page that `glassnet publish` writes: a worker of this browser trains.

import { start } from "./app.js";
import { connect } from "./workerConnection.js";

start(connect);
