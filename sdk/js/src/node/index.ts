/**
 * For Node: a WebSocket where there is none, and a pool of connections for servers that publish.
 *
 * @packageDocumentation
 */
export { connect } from "./connect.js";
export { Pool, type PoolOptions } from "./pool.js";
export { NodeSocket } from "./socket.js";
