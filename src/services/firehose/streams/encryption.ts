import { parseArn } from "#aws/arn.ts";
import type * as Firehose from "#aws/contract/types/firehose.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { encryptionChangedTooOften, encryptsOnlyDirectPut, invalid } from "../errors.ts";
import { type DeliveryStream, streamAt, streams } from "../store.ts";

/** The maximum times that encryption is started and stopped in 24 hours. */
const MAX_CHANGES = 25;
const DAY_MS = 86_400_000;

/** Buffered records are always encrypted with the cloud's keys: these operations only change the description. */
export const encryptionOperations = {
  async StartDeliveryStreamEncryption(ctx, input) {
    const { DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput: key } = input;
    if (key) checkKey(ctx, key);
    return change(ctx, DeliveryStreamName, true);
  },

  StopDeliveryStreamEncryption: (ctx, { DeliveryStreamName }) => change(ctx, DeliveryStreamName, false),
} satisfies Handlers<"firehose">;

function change(ctx: Context, name: string, isEncrypted: boolean) {
  return ctx.transact(async (tx) => {
    const stream = await streamAt(tx, ctx, name);
    if (stream.source) throw encryptsOnlyDirectPut();
    const now = tx.now();
    const ofTheDay = (stream.encryptionChanges ?? []).filter((time) => time > now - DAY_MS);
    if (ofTheDay.length >= MAX_CHANGES) throw encryptionChangedTooOften(MAX_CHANGES);
    tx.put(streams, { ...stream, isEncrypted, encryptionChanges: [...ofTheDay, now] });
    return {};
  });
}

/** @throws {AwsError} InvalidArgumentException; NotImplemented for KMS keys */
export function checkKey(
  { region }: Context,
  { KeyType, KeyARN }: Firehose.DeliveryStreamEncryptionConfigurationInput,
): void {
  if (KeyType === "CUSTOMER_MANAGED_CMK") {
    if (KeyARN === undefined)
      throw invalid("KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK");
    if (parseArn(KeyARN)?.region !== region)
      throw invalid(
        "Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose",
      );
    throw notImplemented("encryption of a delivery stream with a key of KMS");
  }
  if (KeyARN !== undefined) throw invalid("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK");
}

export const encryptionDescription = ({
  isEncrypted,
}: DeliveryStream): Firehose.DeliveryStreamEncryptionConfiguration =>
  isEncrypted ? { KeyType: "AWS_OWNED_CMK", Status: "ENABLED" } : { Status: "DISABLED" };
