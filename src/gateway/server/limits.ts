const SECOND = 1_000;
const KIB = 1_024;

/** Everything that a client could otherwise make without end. Times are in milliseconds, sizes in bytes. */
export interface Limits {
  /** Open connections; a file descriptor each, so the next one is closed at once. */
  connections: number;
  /** Request line and headers together. Session tokens in presigned URLs run to several KB, S3 metadata to 2 KB. */
  headBytes: number;
  headerCount: number;
  /** From the first byte of a head to its last, and from the connection to its first byte. */
  headTimeout: number;
  /** How often connections are looked at for what has timed out, where no timeout is shorter. */
  headCheckInterval: number;
  /** Between two pieces of a body that the server waits for. There is none for the whole: uploads may take hours. */
  bodyIdleTimeout: number;
  /**
   * After so long, and twice as long at most, a client is cut off that takes nothing of what waits for it. Systems tell of
   * what was taken in pieces of up to a megabyte: of a slow one that is one piece in all that time.
   */
  writeIdleTimeout: number;
  /** Above the idle time of the SDKs' connection pools, lest they write to a connection that is being closed. */
  keepAliveTimeout: number;
  /** An unwanted body of up to so many bytes is read to keep the connection; for a longer one a new connection is cheaper. */
  unreadBytes: number;
  /** How long a refused upload is read and dropped, so that its sender sees the answer and not a reset. */
  lingerTimeout: number;
  /** Bytes of a body that wait in memory for a slow reader, in addition to one socket buffer. */
  readAheadBytes: number;
  /** Bytes of bodies that are being read whole, of all clients together; who has taken longest is sent away. */
  assembledBytes: number;
  /** Requests at a time on one HTTP/2 connection. Node's Kinesis client opens up to 100; the Java SDK as many as it is told. */
  streamsPerConnection: number;
  /** Frames and resets beyond the rules before an HTTP/2 connection is closed. */
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
