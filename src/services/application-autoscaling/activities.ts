import type { Handlers } from "#kernel/service.ts";
import { listPage } from "./listing.ts";
import { outputIdentifiers } from "./resources.ts";
import { RETENTION_MS } from "./scaling.ts";
import { activities } from "./store.ts";

export const activityOperations = {
  async DescribeScalingActivities(ctx, input) {
    const number = (activity: { number: number }) => [activity.number];
    const oldest = ctx.clock.now() - RETENTION_MS;
    const { records, token } = await listPage(ctx, "DescribeScalingActivities", input, activities, number, {
      only: ({ end }) => end > oldest,
      reverse: true,
    });
    return {
      ScalingActivities: records.map((activity) => ({
        ...outputIdentifiers(activity),
        ActivityId: activity.id,
        Description: activity.description,
        Cause: activity.cause,
        StartTime: new Date(activity.start),
        EndTime: new Date(activity.end),
        StatusCode: activity.status,
        StatusMessage: activity.message,
      })),
      NextToken: token,
    };
  },
} satisfies Handlers<"application-autoscaling">;
