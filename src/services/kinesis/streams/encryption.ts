import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, noSuchKey } from "../errors.ts";
import { activeAt, type Named, type Stream, streams } from "../store.ts";

/** The AWS managed key of Kinesis, which stands for one of the cloud's own. There are no others without KMS. */
const MANAGED = /(?:^|:)alias\/aws\/kinesis$/;

export const encryptionOperations = {
  StartStreamEncryption: (ctx, input) =>
    change(ctx, input, (stream) => {
      checkKey(ctx, input);
      return { ...stream, encryption: { key: input.KeyId } };
    }),

  StopStreamEncryption: (ctx, input) =>
    change(ctx, input, ({ encryption, ...stream }) => {
      checkKey(ctx, input);
      return stream;
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

function change(ctx: Context, named: Named, to: (stream: Stream) => Stream) {
  return ctx.transact(async (tx) => {
    tx.put(streams, to(await activeAt(tx, ctx, named)));
    return {};
  });
}
