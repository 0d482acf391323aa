import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { resourceIn } from "../arns.ts";
import { fault, noEndpoint } from "../errors.ts";
import type { Content } from "../publish/message.ts";
import { applications, endpoints, type Message, type PlatformEndpoint } from "../store.ts";

/** The platform, application and id in the ARN of a device. */
export function endpointIn(resource: string): [string, string, string] | undefined {
  const [kind, platform, application, id, ...more] = resource.split("/");
  return kind === "endpoint" && platform && application && id && more.length === 0
    ? [platform, application, id]
    : undefined;
}

async function deviceAt(ctx: Context, tx: ReadTransaction, arn: string): Promise<PlatformEndpoint> {
  const key = endpointIn(resourceIn(ctx, arn, "TargetArn"));
  const device = key && (await tx.get(endpoints, key));
  if (!device) throw noEndpoint();
  if (device.attributes.Enabled === "false") throw fault("EndpointDisabledException", "Endpoint is disabled");
  const application = await tx.get(applications, [device.platform, device.application]);
  if (application?.attributes.Enabled === "false")
    throw fault("PlatformApplicationDisabledException", "Platform application is disabled");
  return device;
}

/** A notification to one device, which waits in the outbox. */
export async function publishToEndpoint(ctx: Context, arn: string, content: Content) {
  const id = ctx.random.uuid();
  await pushLetter(ctx, arn, { ...content, id, topicArn: arn, time: ctx.clock.now() });
  return { MessageId: id };
}

/** @throws {AwsError} InvalidParameter, EndpointDisabled, PlatformApplicationDisabled */
export async function pushLetter(ctx: Context, arn: string, message: Message): Promise<void> {
  const { platform, token } = await ctx.read((tx) => deviceAt(ctx, tx, arn));
  const body = message.bodies[platform] ?? message.bodies.default!;
  await ctx.letters.put({ kind: "push", service: "sns", to: arn, token, platform, body, about: message.id });
}
