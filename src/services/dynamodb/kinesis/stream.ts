import { parseArn } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";

/** The status description of a destination that could not be enabled. */
const NO_PERMISSION = "User does not have a permission to use kinesis stream";
const wrongStream = (how: string) =>
  `The kinesis Arn used to enable kinesis replication belongs to a stream which is not in ${how}`;

/** The reason why a stream cannot be a destination, checked with the caller's permissions. */
export async function failureOf(ctx: Context, arn: string): Promise<string | undefined> {
  const { service, account, region } = parseArn(arn) ?? {};
  if (service === "kinesis" && region !== ctx.region) return wrongStream("the current region");
  if (service === "firehose" || (service === "kinesis" && account !== ctx.account))
    return wrongStream("Active state");
  try {
    const { StreamDescriptionSummary } = await ctx.aws.kinesis.DescribeStreamSummary({ StreamARN: arn });
    const { StreamStatus } = StreamDescriptionSummary;
    return StreamStatus === "ACTIVE" || StreamStatus === "UPDATING" ? undefined : NO_PERMISSION;
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) return NO_PERMISSION;
    throw error;
  }
}
