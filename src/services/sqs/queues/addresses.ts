import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { PlacedCall } from "#kernel/service.ts";
import { invalidAction, invalidAddress, isQuery, missingParameter, queueDoesNotExist } from "../errors.ts";

/** The account and the name of a queue. */
export interface Address {
  account: string;
  name: string;
}

/** `https://sqs.us-east-1.amazonaws.com/123456789012/name`, any other host, or the path alone. */
const QUEUE_URL = /^(?:https?:\/\/([^/]+))?\/(\d{12})\/([^/?#]+)$/;
/** A Region in a host name. Only calls from within the cloud use it; others have the Region of their signature. */
const HOST_REGION = /(?:^|\.)(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.(?:queue\.)?/;

/** A queue's URL, at the host that the caller used. */
export function urlOf(ctx: Context, { account, name }: Address): string {
  const { request, region } = ctx;
  const root = request
    ? `${request.secure ? "https" : "http"}://${request.host}`
    : `https://sqs.${region}.amazonaws.com`;
  return `${root}/${account}/${name}`;
}

/**
 * The queue that a call is for. Clients of the query protocol may name it by the path that they call.
 * @throws {AwsError} MissingParameter, QueueDoesNotExist, InvalidAddress
 */
export function queueNamed(ctx: Context, url: string | undefined): string {
  const text = url || pathAddress(ctx.request?.path);
  if (!text) throw isQuery(ctx) ? missingParameter("QueueUrl") : queueDoesNotExist(ctx);
  const address = addressIn(text);
  if (!address) throw invalidAddress(text);
  return address.name;
}

/** At a queue's own address, only calls about the queue are possible. @throws {AwsError} InvalidAction */
export function refuseAtQueue({ request }: Context, action: string): void {
  if (pathAddress(request?.path)) throw invalidAction(action);
}

/** A call is handled in the account of its queue. */
export function placeOf({ input, place, request }: PlacedCall): Place {
  const { QueueUrl, QueueOwnerAWSAccountId } = input as {
    QueueUrl?: unknown;
    QueueOwnerAWSAccountId?: unknown;
  };
  if (typeof QueueOwnerAWSAccountId === "string" && /^\d{12}$/.test(QueueOwnerAWSAccountId))
    return { ...place, account: QueueOwnerAWSAccountId };
  const url = typeof QueueUrl === "string" && QueueUrl !== "" ? QueueUrl : pathAddress(request?.path);
  if (!url) return place;
  const [, host, account] = QUEUE_URL.exec(url) ?? [];
  const region = request ? undefined : HOST_REGION.exec(host ?? "")?.[1];
  if (!account || (account === place.account && !region)) return place;
  return { account, region: region ?? place.region };
}

function addressIn(url: string): Address | undefined {
  const [, , account, name] = QUEUE_URL.exec(url) ?? [];
  return account && name ? { account, name } : undefined;
}

const pathAddress = (path: string | undefined) => (path && QUEUE_URL.test(path) ? path : undefined);
