import { parseArn } from "#aws/arn.ts";
import { fault, invalidParameter } from "../errors.ts";
import { PROTOCOLS, type Protocol, type Topic } from "../store.ts";

/** @throws {AwsError} InvalidParameter */
export function protocolOf(name: string): Protocol {
  const protocol = PROTOCOLS.find((one) => one === name);
  if (!protocol) throw invalidParameter(`Amazon SNS does not support this protocol string: ${name}`);
  return protocol;
}

/** In bytes, as subscriptions are indexed by their endpoints. */
const MAX_ENDPOINT_LENGTH = 2_048;
const MAIL = /^[^\s@]+@[^\s@]+$/;
const PHONE = /^\+?[1-9](?:[-.\s()]?\d){5,14}$/;

/** Checks an endpoint by the rules of its protocol. @throws {AwsError} InvalidParameter */
export function checkEndpoint(protocol: Protocol, endpoint: string | undefined, topic: Topic): string {
  if (!endpoint || Buffer.byteLength(endpoint) > MAX_ENDPOINT_LENGTH || /\p{Cc}/u.test(endpoint))
    throw invalidParameter("Endpoint");
  switch (protocol) {
    case "http":
    case "https":
      if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== `${protocol}:`)
        throw invalidParameter("Endpoint must match the specified protocol");
      break;
    case "email":
    case "email-json":
      if (!MAIL.test(endpoint)) throw invalidParameter("Email address");
      break;
    case "sms":
      if (!PHONE.test(endpoint))
        throw fault("InvalidParameterException", `Invalid SMS endpoint: ${endpoint}`);
      break;
    case "sqs":
      checkArn(endpoint, "sqs", "SQS endpoint ARN");
      break;
    case "lambda":
      checkArn(endpoint, "lambda", "Lambda endpoint ARN");
      break;
    case "firehose":
      checkArn(endpoint, "firehose", "Firehose endpoint ARN");
      break;
    case "application":
      checkArn(endpoint, "sns", "Application endpoint arn invalid", "endpoint/");
  }
  if (topic.isFifo && protocol !== "sqs") throw invalidParameter(`Invalid protocol type: ${protocol}`);
  if (!topic.isFifo && protocol === "sqs" && endpoint.endsWith(".fifo")) {
    throw invalidParameter(
      "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
    );
  }
  return endpoint;
}

function checkArn(endpoint: string, service: string, what: string, prefix = ""): void {
  const arn = parseArn(endpoint);
  const isOfSomebody = arn?.service === service && arn.region !== "" && /^\d{12}$/.test(arn.account);
  if (!isOfSomebody || !arn.resource.startsWith(prefix)) throw invalidParameter(what);
}
