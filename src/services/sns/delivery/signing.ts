import type { Endpoint } from "#kernel/calls/endpoint.ts";
import type { Context } from "#kernel/context.ts";
import { type Subscription, topics } from "../store.ts";

/** The members that a signature covers, in this order, as far as they are present. */
const COVERED = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"];

const PATH = "/_sns";

/** Cached, since a signature takes a millisecond and a message goes to many subscribers. */
const signatures = new Map<string, string>();
const SIGNATURE_CACHE_SIZE = 1_000;

function remember(key: string, signature: string): void {
  if (signatures.size >= SIGNATURE_CACHE_SIZE) signatures.clear();
  signatures.set(key, signature);
}

/**
 * The members by which a subscriber can verify the origin of a message. Version 1, the default, signs with SHA-1, and
 * version 2 with SHA-256.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export async function signed(
  ctx: Context,
  { topicName, origin, protocol }: Pick<Subscription, "topicName" | "origin" | "protocol">,
  document: Readonly<Record<string, unknown>>,
) {
  const topic = await ctx.read((tx) => tx.get(topics, [topicName]));
  const version = topic?.attributes.SignatureVersion ?? "1";
  const covered = COVERED.filter((name) => document[name] !== undefined);
  const text = covered.map((name) => `${name}\n${document[name]}\n`).join("");
  const notary = await ctx.notary();
  // A message may have a text for each protocol.
  const key = `${notary.id} ${version} ${protocol} ${document.MessageId}`;
  const cached = signatures.get(key);
  const signature = cached ?? notary.sign(version === "2" ? "sha256" : "sha1", text);
  if (cached === undefined) remember(key, signature);
  return {
    SignatureVersion: version,
    Signature: signature,
    SigningCertURL: `${origin}${PATH}/SimpleNotificationService-${notary.id}.pem`,
  };
}

/** Serves the certificate by which signatures are checked. */
export const certificateEndpoint: Endpoint = {
  host: PATH,
  accepts: ({ method, path }) =>
    (method === "GET" || method === "HEAD") && /\/SimpleNotificationService-\w+\.pem$/.test(path),
  async serve({ path }, { ctx }) {
    const notary = await ctx.notary();
    const isOurs = path.endsWith(`/SimpleNotificationService-${notary.id}.pem`);
    return isOurs
      ? { status: 200, headers: { "content-type": "application/x-pem-file" }, body: notary.certificate }
      : { status: 404, headers: { "content-type": "text/plain" }, body: "There is no such certificate.\n" };
  },
};
