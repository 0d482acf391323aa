const SECOND = 1_000;
const KIB = 1_024;

/**
 * Limits on everything that a client could otherwise do without bound. Times are in milliseconds, sizes in
 * bytes.
 */
export interface Limits {
  /** Open connections. Each takes a file descriptor; further connections are closed at once. */
  connections: number;
  /** Request line and headers together. Session tokens in presigned URLs run to several KB, S3 metadata to 2 KB. */
  headBytes: number;
  headerCount: number;
  /** From the first byte of a head to its last, and from the connection to the first byte. */
  headTimeout: number;
  /** The interval at which connections are checked for timeouts, unless a timeout is shorter. */
  headCheckInterval: number;
  /**
   * While the server waits for a body, at least `bodyProgressBytes` of it, or its rest, must arrive within this time. The whole
   * body has no timeout: uploads may take hours.
   */
  bodyIdleTimeout: number;
  bodyProgressBytes: number;
  /**
   * A client that reads nothing of its pending response for this time, or twice as long at most, is
   * disconnected. Operating systems report progress in steps of up to a megabyte, so a slow client needs to
   * read one such step in that time.
   */
  writeIdleTimeout: number;
  /**
   * Longer than the idle time of the SDKs' connection pools, so that they do not write to a connection that
   * is being closed.
   */
  keepAliveTimeout: number;
  /**
   * An unread body up to this size is read to keep the connection; for a longer one, a new connection is
   * cheaper.
   */
  unreadBytes: number;
  /**
   * How long a rejected upload is read and discarded, so that its sender receives the response rather than a
   * reset.
   */
  lingerTimeout: number;
  /** Bytes of a body that are buffered for a slow reader, in addition to one socket buffer. */
  readAheadBytes: number;
  /** Total bytes of all bodies that are being read whole. Above it, the oldest body is dismissed with status 503. */
  assembledBytes: number;
  /** Concurrent requests per HTTP/2 connection. Node's Kinesis client opens 100; the Java SDK as many as allowed. */
  streamsPerConnection: number;
  /** Protocol violations and resets that close an HTTP/2 connection. */
  invalidFrames: number;
  /** Streams that one HTTP/2 client may open and reset at once, and per second after that (CVE-2023-44487). */
  resetBurst: number;
  resetsPerSecond: number;
  /** Flow-control window of one HTTP/2 stream. */
  streamWindow: number;
}

export const LIMITS: Limits = {
  connections: 10_000,
  headBytes: 64 * KIB,
  headerCount: 500,
  headTimeout: 60 * SECOND,
  headCheckInterval: 10 * SECOND,
  bodyIdleTimeout: 60 * SECOND,
  bodyProgressBytes: 1 * KIB,
  writeIdleTimeout: 300 * SECOND,
  keepAliveTimeout: 75 * SECOND,
  unreadBytes: 64 * KIB,
  lingerTimeout: 2 * SECOND,
  readAheadBytes: 256 * KIB,
  assembledBytes: 1_024 * KIB * KIB,
  streamsPerConnection: 256,
  invalidFrames: 100,
  resetBurst: 1_000,
  resetsPerSecond: 100,
  streamWindow: 1_024 * KIB,
};
