import { bodyOf } from "#lib/body.ts";
import { IncomingRequest } from "../request.ts";
import { ClientGoneError } from "../request-body.ts";
import type { Head } from "./head-parser.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** Who is at the other end of a connection. */
export interface Client {
  secure: boolean;
  remoteAddress: string;
}

const NO_BODY = bodyOf("");

/** A request, and how far its answer is. */
export class Exchange {
  readonly head: Head;
  readonly body: IncomingBody | undefined;
  progress: "handling" | "sending" | "sent" = "handling";
  /** Whether the client sends its body, by itself or since it got `100 Continue`. */
  isInvited: boolean;
  #isLeft = false;
  #abort: (() => void) | undefined;

  constructor(head: Head, body: IncomingBody | undefined) {
    this.head = head;
    this.body = body;
    this.isInvited = !head.awaitsContinue;
  }

  requestFrom({ secure, remoteAddress }: Client): IncomingRequest {
    const { method, target, path, rawQuery, headers, host, httpVersion } = this.head;
    const body = this.body ?? NO_BODY;
    const facts = {
      method,
      target,
      path,
      rawQuery,
      headers,
      host,
      secure,
      remoteAddress,
      httpVersion,
      body,
    };
    return new IncomingRequest(facts, (abort) => {
      if (this.#isLeft) abort();
      else this.#abort = abort;
    });
  }

  /** The client sends nothing more, and most likely reads nothing more either. */
  leave(): void {
    this.body?.fail(new ClientGoneError("The client went away in the middle of its request body"));
    if (this.progress === "sent") return;
    this.#isLeft = true;
    this.#abort?.();
  }

  /**
   * Whether another request can follow this one on its connection: the client expects it, and what is left of the body
   * is there already, or not worth a new connection.
   */
  canBeFollowed(unreadBytes: number): boolean {
    const { head, body } = this;
    // botocore takes an answer that comes instead of 100 Continue for that of the connection's next request, too.
    if (!head.keepAlive || !this.isInvited) return false;
    if (body === undefined || body.isWhole) return true;
    return !body.isTaken && head.size !== undefined && head.size <= unreadBytes;
  }
}
