/** What a client sees when a call fails. Anything else that is thrown is a bug and is answered as `InternalFailure`. */
export class AwsError extends Error {
  override name = "AwsError";
  /** The code on the wire, or the name of the modelled error shape: the protocol translates. */
  readonly code: string;
  readonly status: number;
  /** Members of the error shape except the message; in S3, further elements of the error document. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Headers that go with the answer (`Retry-After`, `Allow`, `x-amz-delete-marker` …). */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

export interface AwsErrorOptions {
  /** HTTP status; 400 by default. A modelled error's own status takes precedence in protocols that use it. */
  status?: number;
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * The error for an AWS feature that this cloud does not implement. It is refused explicitly rather than
 * ignored.
 */
export const notImplemented = (what: string): AwsError =>
  new AwsError("NotImplemented", `Nube does not implement ${what} yet.`, { status: 501 });
