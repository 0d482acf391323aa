import type { HttpResponse } from "../http.ts";
import { malformed, plainError } from "../respond.ts";

/**
 * Thrown when a client violates HTTP. The start of its next message is then unknown, so the connection is
 * closed.
 */
export class Refusal extends Error {
  readonly response: HttpResponse;

  constructor(response: HttpResponse) {
    super(`refused with status ${response.status}`);
    this.response = response;
  }
}

export const badRequest = () => new Refusal(malformed());

export const headTooLarge = () =>
  new Refusal(
    plainError(
      431,
      "RequestHeaderSectionTooLarge",
      "Your request header and query parameters exceed the maximum allowed size.",
    ),
  );

export const tooManyHeaders = () =>
  new Refusal(plainError(431, "RequestHeaderSectionTooLarge", "The request has too many headers."));

export const extensionsTooLarge = () =>
  new Refusal(plainError(413, "EntityTooLarge", "The chunk extensions exceed the maximum allowed size."));

export const headTimedOut = () =>
  new Refusal(plainError(408, "RequestTimeout", "The request was not received within the timeout period."));
