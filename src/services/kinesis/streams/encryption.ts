import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noSuchKey } from "../errors.ts";
import { activeAt, type Named, type Stream, streams } from "../store.ts";
import { onceMore } from "./quotas.ts";

/** The AWS managed key of Kinesis, which stands for one of the cloud's own. There are no others without KMS. */
const MANAGED = /(?:^|:)alias\/aws\/kinesis$/;

/** The maximum successful calls of each operation in 24 hours. */
const MAX_CALLS = 25;

export const encryptionOperations = {
  StartStreamEncryption: (ctx, input) =>
    change(ctx, input, (stream, now) => {
      checkKey(ctx, input);
      const encryptions = onceMore(stream.encryptions, MAX_CALLS, now, "key");
      return { ...stream, encryptions, encryption: { key: input.KeyId } };
    }),

  StopStreamEncryption: (ctx, input) =>
    change(ctx, input, ({ encryption, ...stream }, now) => {
      checkKey(ctx, input);
      return { ...stream, decryptions: onceMore(stream.decryptions, MAX_CALLS, now, "encryption") };
    }),
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} InvalidArgumentException, KMSNotFoundException */
function checkKey(
  ctx: Context,
  { EncryptionType, KeyId }: Pick<Kinesis.StartStreamEncryptionInput, "EncryptionType" | "KeyId">,
): void {
  if (EncryptionType !== "KMS") throw invalid("The EncryptionType must be KMS.");
  if (!MANAGED.test(KeyId)) throw noSuchKey(KeyId, ctx);
}

function change(ctx: Context, named: Named, to: (stream: Stream, now: number) => Stream) {
  return ctx.transact(async (tx) => {
    tx.put(streams, to(await activeAt(tx, ctx, named), tx.now()));
    return {};
  });
}
