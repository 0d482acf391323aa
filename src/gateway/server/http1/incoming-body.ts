import { type Body, BodyTooLargeError } from "#lib/body.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Assembly } from "../assembly.ts";
import type { Pace, Pacing } from "../pace.ts";
import type { BodySink } from "./body-decoder.ts";

/** The connection, from the body's point of view. */
export interface BodySource {
  /** Tracks the bodies that are being read whole, on all connections. */
  readonly bodies: Assembly;
  readonly pacing: Pacing;
  /** The first pull: a client that waits for `100 Continue` gets it. */
  invite(): void;
  /** Called when the reader waits for the next piece. */
  wanted(): void;
  /** Called when enough data is buffered. */
  hold(): void;
}

/** Smaller pieces are copied together: a body in one-byte chunks must not cost a hundred bytes for each. */
const SMALL_PIECE = 1_024;
const GATHER_BYTES = 16 * 1_024;

/**
 * The body of one request: a queue of pieces that the connection fills and one reader empties. Bytes that
 * arrived with the head are available before the handler is called, so most bodies are read without waiting.
 */
export class IncomingBody implements Body, BodySink {
  readonly size: number | undefined;
  readonly announced: readonly string[];
  readonly trailers: Record<string, string> = {};
  /** Whether a reader has started. */
  isTaken = false;
  isWhole = false;
  readonly #source: BodySource;
  readonly #readAheadBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;
  #isUnwanted = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** From the first wait on. */
  #pace: Pace | undefined;
  #isHeld = false;
  /** The last piece, if it is a copy with spare capacity. */
  #gathering: Buffer | undefined;
  #gathered = 0;

  constructor(
    size: number | undefined,
    announced: readonly string[],
    source: BodySource,
    readAheadBytes: number,
  ) {
    this.size = size;
    this.announced = announced;
    this.#source = source;
    this.#readAheadBytes = readAheadBytes;
  }

  push(piece: Buffer): void {
    if (this.#isUnwanted) return;
    if (piece.length >= SMALL_PIECE || this.#pieces.length === 0) {
      this.#pieces.push(piece);
      this.#gathering = undefined;
    } else {
      this.#gather(piece);
    }
    this.#length += piece.length;
    this.#pace?.arrived(piece.length);
    if (this.#wake !== undefined) this.#wakeReader();
    else if (this.#length > this.#readAheadBytes) this.#hold();
  }

  end(trailers: Readonly<Record<string, string>>): void {
    Object.assign(this.trailers, trailers);
    this.isWhole = true;
    this.#pace?.end();
    this.#wakeReader();
  }

  /** Called when the rest will not arrive. */
  fail(error: Error): void {
    if (this.isWhole) return;
    this.#failure ??= error;
    this.#pace?.end();
    this.#wakeReader();
  }

  /** Called when the rest will not be read. */
  drop(): void {
    this.#isUnwanted = true;
    this.#pace?.end();
    this.#pieces = [];
    this.#gathering = undefined;
  }

  /** Whether the reader waits for the client. */
  get isAwaited(): boolean {
    return this.#wake !== undefined;
  }

  bytes(limit: number): MaybePromise<Uint8Array> {
    // Checked before the first pull, so that a client that waits for `100 Continue` does not send an unwanted
    // body.
    if (this.size !== undefined && this.size > limit) throw tooLarge(limit);
    this.#take();
    return this.isWhole ? this.#together(limit) : this.#collect(limit);
  }

  async #collect(limit: number): Promise<Uint8Array> {
    const assembling = this.#source.bodies.begin((error) => this.fail(error));
    try {
      while (!this.isWhole && this.#length <= limit) {
        assembling.has(this.#length);
        if (this.#failure !== undefined) {
          this.#leave();
          throw this.#failure;
        }
        await this.#more();
      }
      return this.#together(limit);
    } finally {
      assembling.end();
    }
  }

  #together(limit: number): Uint8Array {
    const pieces = this.#pieces;
    this.#leave();
    if (this.#length > limit) throw tooLarge(limit);
    return pieces.length === 1 ? unpinned(pieces[0]!) : Buffer.concat(pieces, this.#length);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#take();
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          if (this.#pieces.length === 0) this.#gathering = undefined;
          this.#length -= piece.length;
          yield piece;
        } else if (this.isWhole) {
          return;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else {
          await this.#more();
        }
      }
    } finally {
      this.#leave();
    }
  }

  #take(): void {
    if (this.isTaken) throw new Error("A request body can be read only once");
    this.isTaken = true;
    if (!this.isWhole) this.#source.invite();
  }

  #more(): Promise<void> {
    const more = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#pace ??= this.#source.pacing(this);
    if (this.#isHeld) this.#pace.resumed();
    this.#isHeld = false;
    this.#source.wanted();
    return more;
  }

  /**
   * Called when the reader has stopped, possibly early: the client is paused until its response explains why.
   */
  #leave(): void {
    this.drop();
    if (!this.isWhole) this.#source.hold();
  }

  #hold(): void {
    this.#isHeld = true;
    this.#source.hold();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #gather(piece: Buffer): void {
    if (this.#gathering === undefined || this.#gathered + piece.length > GATHER_BYTES) {
      this.#gathering = Buffer.allocUnsafeSlow(GATHER_BYTES);
      this.#gathered = 0;
      this.#pieces.push(this.#gathering);
    }
    piece.copy(this.#gathering, this.#gathered);
    this.#gathered += piece.length;
    this.#pieces[this.#pieces.length - 1] = this.#gathering.subarray(0, this.#gathered);
  }
}

const tooLarge = (limit: number) => new BodyTooLargeError(`The request body has more than ${limit} bytes`);

/** Copies a short piece of a long read, because keeping the piece would keep the whole buffer alive. */
function unpinned(piece: Buffer): Buffer {
  if (piece.buffer.byteLength <= 4 * piece.length + 4_096) return piece;
  const own = Buffer.allocUnsafeSlow(piece.length);
  piece.copy(own);
  return own;
}
