import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { percentDecoded } from "#lib/percent.ts";

/** The timeout of an endpoint's response. */
const TIMEOUT_MS = 15_000;

export interface Posted {
  type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  id: string;
  topic: string;
  subscription?: string;
  body: string;
  raw?: boolean;
  contentType?: string;
}

/**
 * Posts a message, as SNS does.
 * https://docs.aws.amazon.com/sns/latest/dg/http-header.html
 * @throws {AwsError} if the endpoint cannot be reached or its response is not a success
 */
export async function postMessage(ctx: Context, endpoint: string, posted: Posted): Promise<void> {
  const { type, id, topic, subscription, body, raw, contentType = "text/plain; charset=UTF-8" } = posted;
  const { username, password, ...url } = credentialsIn(endpoint);
  const post = () =>
    fetch(url.href, {
      method: "POST",
      headers: {
        "x-amz-sns-message-type": type,
        "x-amz-sns-message-id": id,
        "x-amz-sns-topic-arn": topic,
        ...(subscription !== undefined && { "x-amz-sns-subscription-arn": subscription }),
        ...(raw && { "x-amz-sns-rawdelivery": "true" }),
        ...(username && {
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        }),
        "content-type": contentType,
        "user-agent": "Amazon Simple Notification Service Agent",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  let answer: Response;
  try {
    answer = await ctx.outside(post);
    await answer.body?.cancel();
  } catch (cause) {
    ctx.log.debug("an endpoint could not be reached", { endpoint, error: cause });
    throw new AwsError("EndpointUnreachable", `The endpoint ${url.origin} cannot be reached.`, {
      status: 503,
      cause,
    });
  }
  if (answer.ok) return;
  // A status of 4xx is final, except for too many requests.
  const isClients = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
  throw new AwsError("EndpointFailure", `The endpoint answered with status code ${answer.status}.`, {
    status: isClients ? 400 : 503,
  });
}

function credentialsIn(endpoint: string) {
  const url = new URL(endpoint);
  const username = percentDecoded(url.username) ?? url.username;
  const password = percentDecoded(url.password) ?? url.password;
  url.username = "";
  url.password = "";
  return { username, password, href: url.href, origin: url.origin };
}
