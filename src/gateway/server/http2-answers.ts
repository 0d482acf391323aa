import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Deadlines, Expiring } from "./deadlines.ts";
import type { Limits } from "./limits.ts";

/** A response in progress, and how many pieces of it the client has taken. */
export interface Answering {
  readonly stream: ServerHttp2Stream;
  taken: number;
}

/** The responses in progress of one session. */
export interface Answers {
  begin(stream: ServerHttp2Stream): Answering;
  end(): void;
}

/** A session without requests is closed after a while, whatever else its client sends: pings, or half of a head. */
export function openAnswers(
  session: ServerHttp2Session,
  limits: Limits,
  deadlines: Deadlines,
  breakOff: (stream: ServerHttp2Stream) => void,
): Answers {
  const open = new Set<Answering>();
  let started = 0;
  const idle: Expiring = {
    deadline: deadlines.after(limits.keepAliveTimeout),
    // A session that has received half of a head does not close by itself.
    expire: () => (session.closed ? session.destroy() : session.close()),
  };
  const watches = [
    idle,
    stalledStreams(open, limits.writeIdleTimeout, deadlines, breakOff),
    oversizedHeads(session, limits.invalidFrames, () => started),
  ];
  for (const watch of watches) deadlines.add(watch);
  return {
    begin(stream) {
      const answer = { stream, taken: 0 };
      started++;
      open.add(answer);
      idle.deadline = Number.POSITIVE_INFINITY;
      stream.once("close", () => {
        open.delete(answer);
        if (open.size === 0) idle.deadline = deadlines.after(limits.keepAliveTimeout);
      });
      return answer;
    },
    end() {
      for (const watch of watches) deadlines.delete(watch);
    },
  };
}

/**
 * A client controls the flow of each stream and may leave one without a window forever while the connection
 * is active, so progress is tracked per response.
 */
function stalledStreams(
  open: ReadonlySet<Answering>,
  idleTimeout: number,
  deadlines: Deadlines,
  breakOff: (stream: ServerHttp2Stream) => void,
): Expiring {
  /** For responses with pending data at the last check: the pieces taken by then. */
  let before = new Map<Answering, number>();
  const watch: Expiring = {
    deadline: deadlines.after(idleTimeout),
    expire() {
      const now = new Map<Answering, number>();
      for (const answer of open) {
        if (!isWaiting(answer.stream)) continue;
        if (before.get(answer) === answer.taken) breakOff(answer.stream);
        else now.set(answer, answer.taken);
      }
      before = now;
      watch.deadline = deadlines.after(idleTimeout);
    },
  };
  return watch;
}

/** Whether written data has not been taken by the client yet. */
const isWaiting = ({ headersSent, writableLength, writableEnded, writableFinished }: ServerHttp2Stream) =>
  headersSent && (writableLength > 0 || (writableEnded && !writableFinished));

/**
 * Node resets a stream whose head is too large without any event; only its used stream number shows it. A
 * byte of such a head may expand to a whole header (RFC 7541, 6.1), so a client that sends many of them is
 * disconnected.
 */
function oversizedHeads(session: ServerHttp2Session, limit: number, started: () => number): Expiring {
  return {
    deadline: 0,
    expire() {
      const used = ((session.state.lastProcStreamID ?? -1) + 1) / 2;
      if (session.closed || used - started() <= limit) return;
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      session.close();
    },
  };
}
