import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { rootOf } from "#kernel/principal.ts";
import { tables } from "../store.ts";
import { notScaled } from "./errors.ts";

/**
 * The writes of a table with replicas are paid by request, or scaled: those of the table and of each of its indexes.
 * @throws {AwsError} ValidationException
 */
export async function checkScaled(ctx: Context, name: string): Promise<void> {
  const table = await ctx.read((tx) => tx.get(tables, [name]));
  if (table?.billing !== "PROVISIONED") return;
  if (!(await isScaled(ctx, `table/${name}`, "dynamodb:table:WriteCapacityUnits"))) throw notScaled("Table");
  for (const { kind, name: index } of table.indexes) {
    const resource = `table/${name}/index/${index}`;
    if (kind === "global" && !(await isScaled(ctx, resource, "dynamodb:index:WriteCapacityUnits")))
      throw notScaled("GSI");
  }
}

/** As the role that AWS links to the service, which belongs to the account. */
async function isScaled(
  ctx: Context,
  ResourceId: string,
  ScalableDimension: "dynamodb:table:WriteCapacityUnits" | "dynamodb:index:WriteCapacityUnits",
): Promise<boolean> {
  try {
    const { ScalingPolicies } = await ctx
      .as(rootOf(ctx.account))
      .aws["application-autoscaling"].DescribeScalingPolicies({
        ServiceNamespace: "dynamodb",
        ResourceId,
        ScalableDimension,
      });
    return (ScalingPolicies?.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof AwsError && error.status === 501) return false;
    throw error;
  }
}
