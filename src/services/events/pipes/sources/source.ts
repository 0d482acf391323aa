import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Pipe } from "../store.ts";
import { tableStream } from "./dynamodb.ts";
import { kinesisStream } from "./kinesis.ts";
import type { StreamSource } from "./stream.ts";

/** @returns `undefined` if the pipe's source is not a stream */
export function streamOf(ctx: Context, pipe: Pipe): StreamSource | undefined {
  switch (parseArn(pipe.source)!.service) {
    case "kinesis":
      return kinesisStream(ctx, pipe);
    case "dynamodb":
      return tableStream(ctx, pipe);
    default:
      return undefined;
  }
}
