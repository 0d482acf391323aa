import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Assembly } from "../assembly.ts";
import type { Deadlines, Expiring } from "../deadlines.ts";
import { announcedTrailers } from "../head.ts";
import type { HttpResponse, Serving } from "../http.ts";
import type { Limits } from "../limits.ts";
import type { Pacing } from "../pace.ts";
import { ClientGoneError } from "../request-body.ts";
import { abandon, answerToFailure, internalFailure } from "../respond.ts";
import { type Answer, compose, type LastLines, transmit } from "./answer.ts";
import { type BodyDecoder, chunkedDecoder, lengthDecoder } from "./body-decoder.ts";
import { type Client, Exchange } from "./exchange.ts";
import { type Head, parseHead } from "./head-parser.ts";
import type { Arriving, Incoming } from "./incoming.ts";
import { type BodySource, IncomingBody } from "./incoming-body.ts";
import type { Outgoing } from "./outgoing.ts";
import { badRequest, headTimedOut, Refusal } from "./refusal.ts";

/** The state that the connections of one server share. */
export interface Shared {
  readonly serving: Serving;
  readonly limits: Limits;
  readonly bodies: Assembly;
  readonly pacing: Pacing;
  readonly deadlines: Deadlines;
  readonly lastLines: LastLines;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  /** Once true, every response is the last on its connection. */
  isClosing: boolean;
  /** Called once, when a connection has ended. */
  ended(connection: Connection): void;
}

/**
 * The kind of the next bytes from the client: a head, the body of the current request, or later requests,
 * which wait until the current one is answered. After the last response (`over`) they are ignored.
 */
type Reading = "head" | "body" | "later" | "over";

const NOTHING: Buffer = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from("\r\n\r\n");
const HEAD_METHOD = Buffer.from("HEAD ");

/** A connection of HTTP/1.0 or 1.1: requests are read and answered one at a time, in order. */
export class Connection implements Arriving, Expiring, BodySource {
  deadline: number;
  readonly #socket: Duplex;
  readonly #shared: Shared;
  readonly #client: Client;
  /** Received bytes; those from `#at` on are not read yet. */
  #input = NOTHING;
  #at = 0;
  /** The length up to which an incomplete head was searched for its end. */
  #searched = 0;
  #reading: Reading = "head";
  #decode: BodyDecoder | undefined;
  #exchange: Exchange | undefined;
  /** Whether the client has ended its half of the connection; it may still read. */
  #isHalfClosed = false;
  #isHeld = false;
  /** Whether bytes have arrived that are read at the end of this turn of the event loop. */
  #isArriving = false;

  constructor(socket: Duplex, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#client = { secure: "encrypted" in socket, remoteAddress: (socket as Socket).remoteAddress ?? "" };
    this.deadline = shared.deadlines.after(shared.limits.headTimeout);
    socket.allowHalfOpen = true;
    socket
      // An error is followed by `close`.
      .on("error", () => {})
      .on("close", () => this.#gone())
      .on("end", () => this.#halfClosed())
      .on("drain", () => this.#proceed())
      .on("data", (bytes: Buffer) => this.#receive(bytes));
  }

  /** Closes the connection unless a response is pending. */
  closeIfIdle(): void {
    if (this.#exchange !== undefined || this.#at < this.#input.length) return;
    this.#shared.outgoing.flush();
    this.#socket.destroy();
  }

  expire(): void {
    if (this.#isArriving) return;
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.#reading === "head" && this.#at < this.#input.length) this.#refuse(headTimedOut());
    else this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    // Several pieces in one turn are usually a large request. Joining them would copy all of it with every
    // piece.
    this.read();
    if (this.#reading === "over") return;
    this.#input =
      this.#at === this.#input.length ? bytes : Buffer.concat([this.#input.subarray(this.#at), bytes]);
    this.#at = 0;
    if (this.#reading !== "head") {
      this.#read();
    } else if (!this.#isArriving) {
      this.#isArriving = true;
      this.#shared.incoming.add(this);
    }
  }

  /** Reads what has arrived, unless that has been done. */
  read(): void {
    if (!this.#isArriving) return;
    this.#isArriving = false;
    this.#read();
  }

  /** Reads as far as the state and the received bytes allow. */
  #read(): void {
    try {
      while (this.#at < this.#input.length) {
        const before = this.#at;
        if (this.#reading === "head") this.#readHead();
        else if (this.#reading === "body") this.#readBody();
        if (this.#at === before) break;
      }
    } catch (error) {
      if (error instanceof Refusal) return void this.#refuse(error);
      this.#shared.serving.report(error);
      return void this.#socket.destroy();
    }
    if (this.#at === this.#input.length) {
      this.#input = NOTHING;
      this.#at = 0;
    } else if (this.#reading === "later" && this.#input.length - this.#at > this.#shared.limits.headBytes) {
      this.hold();
    }
  }

  #readHead(): void {
    const { limits, deadlines } = this.#shared;
    // Some old clients send an empty line after a form; it is skipped before a request (RFC 9112, 2.2).
    while (this.#input[this.#at] === CR && this.#input[this.#at + 1] === LF) this.#at += 2;
    const length = this.#input.length - this.#at;
    if (length === 0 || (length === 1 && this.#input[this.#at] === CR) || this.#isStillShort()) return;
    const head = parseHead(this.#input, this.#at, limits);
    if (head !== undefined) {
      this.#searched = 0;
      this.#at = head.end;
      this.#begin(head);
    } else if (this.#isHalfClosed) {
      throw badRequest();
    } else {
      if (this.#searched === 0) this.deadline = deadlines.after(limits.headTimeout);
      this.#searched = this.#input.length - this.#at;
    }
  }

  /**
   * Whether a slowly arriving head is still incomplete, so that it need not be parsed from its beginning
   * again.
   */
  #isStillShort(): boolean {
    if (this.#searched === 0 || this.#isHalfClosed) return false;
    const length = this.#input.length - this.#at;
    const from = this.#at + Math.max(0, this.#searched - HEAD_END.length + 1);
    if (length >= this.#shared.limits.headBytes || this.#input.indexOf(HEAD_END, from) >= 0) return false;
    this.#searched = length;
    return true;
  }

  #begin(head: Head): void {
    const { limits } = this.#shared;
    const { size, headers } = head;
    let body: IncomingBody | undefined;
    if (size === 0) {
      this.#reading = "later";
    } else {
      body = new IncomingBody(size, announcedTrailers(headers.trailer), this, limits.readAheadBytes);
      this.#decode = size === undefined ? chunkedDecoder(body, limits) : lengthDecoder(size, body);
      this.#reading = "body";
    }
    const exchange = new Exchange(head, body);
    this.#exchange = exchange;
    this.deadline = Number.POSITIVE_INFINITY;
    // The part of the body that has arrived is available before the handler runs.
    if (body !== undefined && this.#at < this.#input.length) this.#readBody();
    if (this.#isHalfClosed) exchange.leave();
    // Deferred until the other received requests are read, so that each step is performed for all of them
    // before the next one.
    queueMicrotask(() => void this.#answer(exchange));
  }

  #readBody(): void {
    this.#at = this.#decode!(this.#input, this.#at);
    if (!this.#exchange!.body!.isWhole) return;
    this.#reading = "later";
    this.#decode = undefined;
    this.#proceed();
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { serving, lastLines, outgoing } = this.#shared;
    let response: HttpResponse;
    try {
      response = await serving.handle(exchange.requestFrom(this.#client));
    } catch (error) {
      response = answerToFailure(error, serving);
    }
    if (this.#exchange !== exchange) return abandon(response);
    const { head } = exchange;
    const form = {
      isHead: head.method === "HEAD",
      httpVersion: head.httpVersion,
      keepAlive: this.#mayContinue(exchange),
    };
    let answer: Answer;
    try {
      answer = compose(response, form, lastLines);
    } catch (error) {
      serving.report(error);
      abandon(response);
      answer = compose(internalFailure(), form, lastLines);
    }
    exchange.progress = "sending";
    try {
      const sending = transmit(answer, this.#socket, outgoing);
      if (sending !== undefined) await sending;
    } catch (error) {
      if (!(error instanceof ClientGoneError)) serving.report(error);
      return void this.#socket.destroy();
    }
    if (this.#exchange !== exchange) return;
    exchange.progress = "sent";
    if (answer.keepAlive) this.#proceed();
    else this.#end();
  }

  #mayContinue(exchange: Exchange): boolean {
    const { isClosing, limits } = this.#shared;
    const isOver = this.#isHalfClosed && this.#at === this.#input.length;
    return !isClosing && !isOver && exchange.canBeFollowed(limits.unreadBytes);
  }

  /** Continues with the next request, if the current response has been flushed and the body read. */
  #proceed(): void {
    const exchange = this.#exchange;
    if (exchange?.progress !== "sent" || this.#reading === "over" || this.#socket.writableNeedDrain) return;
    const { limits, deadlines } = this.#shared;
    if (this.#reading === "body") {
      exchange.body!.drop();
      this.deadline = deadlines.after(limits.bodyIdleTimeout);
      this.#release();
      return;
    }
    this.#exchange = undefined;
    this.#reading = "head";
    this.deadline = deadlines.after(limits.keepAliveTimeout);
    this.#release();
    this.#read();
    if (this.#isHalfClosed && this.#exchange === undefined) this.#end();
  }

  #refuse({ response }: Refusal): void {
    const exchange = this.#exchange;
    if (exchange?.progress === "sending") return void this.#socket.destroy();
    const isHead = this.#isOfHead();
    this.#abandonExchange();
    const form = { isHead, httpVersion: "1.1" as const, keepAlive: false };
    const { lastLines, outgoing } = this.#shared;
    transmit(compose(response as HttpResponse, form, lastLines), this.#socket, outgoing);
    this.#end();
  }

  /** Whether the request that is being read is a HEAD, whose response has no body even if its head is malformed. */
  #isOfHead(): boolean {
    if (this.#exchange) return this.#exchange.head.method === "HEAD";
    return this.#input.subarray(this.#at, this.#at + HEAD_METHOD.length).equals(HEAD_METHOD);
  }

  /**
   * Ends the connection after the last response. Closing a socket with unread bytes sends a reset, which can
   * discard the response for a client that is still writing, so such a client's input is read and dropped for
   * a while.
   */
  #end(): void {
    if (this.#reading === "over") return;
    const isSilent = this.#isHalfClosed || (this.#reading === "later" && this.#at === this.#input.length);
    this.#reading = "over";
    this.#input = NOTHING;
    this.#at = 0;
    this.#exchange?.body?.drop();
    const socket = this.#socket;
    this.#shared.outgoing.flush();
    socket.end(() => {
      if (isSilent) socket.destroy();
      else this.deadline = this.#shared.deadlines.after(this.#shared.limits.lingerTimeout);
    });
    this.#release();
  }

  #halfClosed(): void {
    this.read();
    this.#isHalfClosed = true;
    if (this.#reading === "over") return;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      if (this.#at < this.#input.length) this.#refuse(badRequest());
      else this.#end();
      return;
    }
    exchange.leave();
    if (exchange.progress !== "sent") this.deadline = Number.POSITIVE_INFINITY;
    // Otherwise, later requests that have arrived wait until the socket is writable.
    else if (this.#reading === "body") this.#end();
  }

  #gone(): void {
    this.#isArriving = false;
    this.#abandonExchange();
    this.#shared.ended(this);
  }

  #abandonExchange(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.leave();
  }

  get bodies(): Assembly {
    return this.#shared.bodies;
  }

  get pacing(): Pacing {
    return this.#shared.pacing;
  }

  invite(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.isInvited || exchange.progress !== "handling") return;
    exchange.isInvited = true;
    this.#shared.outgoing.flush();
    this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  wanted(): void {
    this.#release();
  }

  hold(): void {
    if (this.#isHeld || this.#reading === "over") return;
    this.#isHeld = true;
    this.#socket.pause();
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
  }
}
