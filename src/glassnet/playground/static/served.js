// The page of `glassnet play`: a server trains.

import { start } from "./app.js";
import { connect } from "./serverConnection.js";

start(connect);
