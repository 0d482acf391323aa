import type { Body } from "#lib/body.ts";
import type { HttpRequest } from "./http.ts";
import { ClientGoneError } from "./request-body.ts";

/**
 * The request that a handler receives. A class because of its getter: most calls never wait, so the signal is
 * created only when it is accessed, and a getter in an object literal would give each request its own hidden
 * class.
 */
export class IncomingRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly body: Body;
  readonly #whenGone: (abort: () => void) => void;
  #leaving: AbortController | undefined;

  /**
   * @param whenGone calls back, at once or later, if the client disconnects before its response is complete
   */
  constructor(facts: Omit<HttpRequest, "signal">, whenGone: (abort: () => void) => void) {
    this.method = facts.method;
    this.target = facts.target;
    this.path = facts.path;
    this.rawQuery = facts.rawQuery;
    this.headers = facts.headers;
    this.host = facts.host;
    this.secure = facts.secure;
    this.remoteAddress = facts.remoteAddress;
    this.httpVersion = facts.httpVersion;
    this.body = facts.body;
    this.#whenGone = whenGone;
  }

  get signal(): AbortSignal {
    if (this.#leaving === undefined) {
      const leaving = new AbortController();
      this.#leaving = leaving;
      this.#whenGone(() =>
        leaving.abort(new ClientGoneError("The client went away before its answer was complete")),
      );
    }
    return this.#leaving.signal;
  }
}
