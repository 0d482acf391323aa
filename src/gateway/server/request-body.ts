import type { Readable } from "node:stream";
import { AwsError } from "#aws/errors.ts";
import { type Body, BodyTooLargeError } from "#lib/body.ts";
import type { Assembly } from "./assembly.ts";
import type { Pacing } from "./pace.ts";

/** The client closed or reset its connection before the body or the response was complete. Not a bug. */
export class ClientGoneError extends AwsError {
  constructor(message: string) {
    super("IncompleteBody", message);
  }
}

/** The client is connected, but its body has stopped arriving. S3's message. */
export class BodyStalledError extends AwsError {
  constructor() {
    super(
      "RequestTimeout",
      "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
    );
  }
}

export interface BodyFacts {
  size: number | undefined;
  announced: readonly string[];
  trailers(): Record<string, string>;
  /** Whether the body was complete at its end: HTTP/2 streams also end when they are reset. */
  isWhole(): boolean;
  /** Called on the first pull: sends `100 Continue` if the client waits for it. */
  invite(): void;
  /** Tracks the bodies that are being read whole, on all connections. */
  bodies: Assembly;
  pacing: Pacing;
  readAheadBytes: number;
}

/** The body of one HTTP/2 request. It can be consumed once, by `bytes` or by iteration. */
export class RequestBody implements Body {
  readonly size: number | undefined;
  readonly announced: readonly string[];
  readonly #source: Readable;
  readonly #facts: BodyFacts;
  #taken = false;

  constructor(source: Readable, facts: BodyFacts) {
    this.size = facts.size;
    this.announced = facts.announced;
    this.#source = source;
    this.#facts = facts;
  }

  get trailers(): Record<string, string> {
    return this.#facts.trailers();
  }

  async bytes(limit: number): Promise<Uint8Array> {
    // Checked before the first pull, so that a client that waits for `100 Continue` does not send an unwanted
    // body.
    if (this.size !== undefined && this.size > limit) throw tooLarge(limit);
    this.#take();
    return collect(this.#source, this.#facts, limit);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#take();
    yield* pieces(this.#source, this.#facts);
  }

  #take() {
    if (this.#taken) throw new Error("A request body can be read only once");
    this.#taken = true;
    this.#facts.invite();
  }
}

const tooLarge = (limit: number) => new BodyTooLargeError(`The request body has more than ${limit} bytes`);

function collect(source: Readable, facts: BodyFacts, limit: number): Promise<Uint8Array> {
  return new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const fail = (error: Error) => {
      assembling.end();
      pace.end();
      reject(error);
    };
    const giveUp = (error: Error) => {
      stop();
      fail(error);
    };
    const assembling = facts.bodies.begin(giveUp);
    const pace = facts.pacing({ isAwaited: true, fail: giveUp });
    const stop = follow(source, facts, {
      piece(chunk) {
        chunks.push(chunk);
        length += chunk.length;
        pace.arrived(chunk.length);
        if (length > limit) giveUp(tooLarge(limit));
        else assembling.has(length);
      },
      end() {
        assembling.end();
        pace.end();
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
      },
      fail,
    });
  });
}

/** Reads ahead a little, so that socket and consumer work in parallel, and then pauses the client. */
async function* pieces(source: Readable, facts: BodyFacts): AsyncGenerator<Uint8Array> {
  const ahead: Uint8Array[] = [];
  let waiting = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};
  let isAwaited = false;
  const fail = (error: Error) => {
    failure = error;
    wake();
  };
  const pace = facts.pacing({
    get isAwaited() {
      return isAwaited;
    },
    fail,
  });
  const stop = follow(source, facts, {
    piece(chunk) {
      ahead.push(chunk);
      waiting += chunk.length;
      pace.arrived(chunk.length);
      if (waiting > facts.readAheadBytes) source.pause();
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail,
  });
  try {
    for (;;) {
      const chunk = ahead.shift();
      if (chunk !== undefined) {
        waiting -= chunk.length;
        yield chunk;
      } else if (failure !== undefined) {
        throw failure;
      } else if (ended) {
        return;
      } else {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (source.isPaused()) pace.resumed();
        source.resume();
        isAwaited = true;
        await more;
        isAwaited = false;
      }
    }
  } finally {
    pace.end();
    stop();
  }
}

interface Follower {
  piece(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
}

/**
 * Starts the flow and reports pieces, and at most one end or failure. The returned function stops it early.
 */
function follow(source: Readable, facts: BodyFacts, { piece, end, fail }: Follower): () => void {
  const detach = () => {
    source.off("data", piece).off("end", ended).off("error", gone).off("close", gone);
  };
  const finish = (report: () => void) => () => {
    detach();
    report();
  };
  const ended = finish(() => (facts.isWhole() ? end() : gone()));
  const gone = finish(() =>
    fail(new ClientGoneError("The client went away in the middle of its request body")),
  );
  if (source.readableEnded) ended();
  else if (source.destroyed) gone();
  else source.on("data", piece).on("end", ended).on("error", gone).on("close", gone);
  return () => {
    detach();
    source.pause();
  };
}
