import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { noSuchKey } from "../errors.ts";
import { type Named, type Stream, streamAt, streams } from "../store.ts";

/** The key that AWS manages for Kinesis: here one of the cloud's own. Others there are none, before there is a KMS. */
const MANAGED = /(?:^|:)alias\/aws\/kinesis$/;

export const encryptionOperations = {
  StartStreamEncryption: (ctx, input) =>
    change(ctx, input, (stream) => {
      if (!MANAGED.test(input.KeyId)) throw noSuchKey(input.KeyId, ctx);
      return { ...stream, encryption: { key: input.KeyId } };
    }),

  StopStreamEncryption: (ctx, input) =>
    change(ctx, input, ({ encryption, ...stream }) => {
      if (!MANAGED.test(input.KeyId)) throw noSuchKey(input.KeyId, ctx);
      return stream;
    }),
} satisfies Handlers<"kinesis">;

function change(ctx: Context, named: Named, to: (stream: Stream) => Stream) {
  return ctx.transact(async (tx) => {
    tx.put(streams, to(await streamAt(tx, ctx, named)));
    return {};
  });
}
