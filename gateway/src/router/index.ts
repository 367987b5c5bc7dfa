/** Chooses the route of a request as Kong 3.9 does, and says what path goes to its service. */
export { normalizePath } from './path.js';
export { type ProtocolAnswer, protocolAnswer } from './protocol.js';
export { buildRouter, type Router } from './router.js';
export { type RouteFacts, type RouteFault, type RouteMatch, RouterError, type UriCaptures } from './types.js';
