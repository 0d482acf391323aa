import { bodyOf } from "#lib/body.ts";
import { IncomingRequest } from "../request.ts";
import { ClientGoneError } from "../request-body.ts";
import type { Head } from "./head-parser.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** The other end of a connection. */
export interface Client {
  secure: boolean;
  remoteAddress: string;
}

const NO_BODY = bodyOf("");

/** A request and the progress of its response. */
export class Exchange {
  readonly head: Head;
  readonly body: IncomingBody | undefined;
  progress: "handling" | "sending" | "sent" = "handling";
  /** Whether the client sends its body, immediately or after `100 Continue`. */
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

  /** Called when the client has stopped sending, and most likely reads no more either. */
  leave(): void {
    this.body?.fail(new ClientGoneError("The client went away in the middle of its request body"));
    if (this.progress === "sent") return;
    this.#isLeft = true;
    this.#abort?.();
  }

  /**
   * Whether another request can follow on the connection: the client expects that, and the rest of the body
   * has already arrived or is short enough to be skipped.
   */
  canBeFollowed(unreadBytes: number): boolean {
    const { head, body } = this;
    // botocore takes a final response in place of 100 Continue for the response to the next request as well.
    if (!head.keepAlive || !this.isInvited) return false;
    if (body === undefined || body.isWhole) return true;
    return !body.isTaken && head.size !== undefined && head.size <= unreadBytes;
  }
}
