import type { Context } from "#kernel/context.ts";
import { defineService } from "#kernel/service.ts";
import { activityOperations } from "./activities.ts";
import { policyOperations } from "./policies.ts";
import { fit } from "./scaling.ts";
import { runScheduledAction, scheduledActionOperations } from "./scheduled-actions.ts";
import { targetArn } from "./store.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";
import { track } from "./tracking.ts";

const onTargets = (action: string) => (ctx: Context) => [
  { action: `application-autoscaling:${action}`, resource: targetArn(ctx, "*") },
];
const onAll = (action: string) => () => [{ action: `application-autoscaling:${action}`, resource: "*" }];
const onResource =
  (action: string) =>
  (_: Context, { ResourceARN }: { ResourceARN: string }) => [
    { action: `application-autoscaling:${action}`, resource: ResourceARN },
  ];

export const applicationAutoScaling = defineService({
  id: "application-autoscaling",
  operations: [
    targetOperations,
    policyOperations,
    scheduledActionOperations,
    activityOperations,
    tagOperations,
  ],
  jobs: [fit, track, runScheduledAction],
  access: {
    RegisterScalableTarget: onTargets("RegisterScalableTarget"),
    DeregisterScalableTarget: onTargets("DeregisterScalableTarget"),
    DescribeScalableTargets: onAll("DescribeScalableTargets"),
    PutScalingPolicy: onTargets("PutScalingPolicy"),
    DeleteScalingPolicy: onTargets("DeleteScalingPolicy"),
    DescribeScalingPolicies: onAll("DescribeScalingPolicies"),
    PutScheduledAction: onTargets("PutScheduledAction"),
    DeleteScheduledAction: onTargets("DeleteScheduledAction"),
    DescribeScheduledActions: onAll("DescribeScheduledActions"),
    DescribeScalingActivities: onAll("DescribeScalingActivities"),
    TagResource: onResource("TagResource"),
    UntagResource: onResource("UntagResource"),
    ListTagsForResource: onResource("ListTagsForResource"),
  },
});
