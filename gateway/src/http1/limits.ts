/** Bounds on what a client may send. The defaults are nginx's as Kong 3.9 sets them (large_client_header_buffers 4 8k). */
export interface HttpLimits {
  /** Bytes of the request line with its line end; past it 414. */
  requestLineBytes: number;
  /** Bytes of one header line with its line end; past it 400. */
  headerLineBytes: number;
  /** Bytes of the whole head; past it 400. */
  headBytes: number;
  headerCount: number;
  /** Milliseconds for the whole head, once its first byte came; past it 408. */
  headTimeoutMs: number;
  /** Milliseconds between two pieces of a body; past it 408. */
  bodyTimeoutMs: number;
  /** Milliseconds that an idle connection stays open. */
  keepAliveTimeoutMs: number;
  /** Milliseconds in which a client must take some of the answer. */
  sendTimeoutMs: number;
  /** Milliseconds that a connection is read after its last answer was sent, so that a reset does not destroy the answer. */
  lingerTimeoutMs: number;
  keepAliveRequests: number;
  /** Bytes of an unread body that are read and dropped to keep a connection usable. */
  discardBytes: number;
  /** Requests under way at once on one HTTP/2 connection; further streams are refused. */
  http2Streams: number;
  /** Streams that a client may reset in a burst, a tenth of them per second in the long run; past it the connection is closed. */
  http2Resets: number;
  /** PING and SETTINGS frames in 10 s; past it the connection is closed. */
  http2ControlFrames: number;
}

export const defaultLimits: HttpLimits = {
  requestLineBytes: 8192,
  headerLineBytes: 8192,
  headBytes: 32_768,
  headerCount: 1000,
  headTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  sendTimeoutMs: 60_000,
  lingerTimeoutMs: 2000,
  keepAliveRequests: 10_000,
  discardBytes: 16 * 1024 * 1024,
  http2Streams: 128,
  http2Resets: 200,
  http2ControlFrames: 100,
};
