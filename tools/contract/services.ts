import type { SdkClient } from "./sdk-pins.ts";

/** AWS CLI v1 as an npm package: `lib/layer.zip` contains it with all of botocore's data. */
export const cliPackage = "@aws-cdk/asset-awscli-v1";

export interface Release {
  version: string;
  integrity: string;
}

/** Older releases: botocore drops the models of services that AWS has closed. */
export const releases = {
  /** botocore 1.43.62 */
  current: {
    version: "2.2.296",
    integrity:
      "sha512-Er+f1t5DTFy/8jK9IId0WTf9JgtRUdHJ3MegQcCgBQ8Dk7xSM7cNAOhhvbc9IiLF79C2vrbbUqhrBT/pZn5boQ==",
  },
  /** botocore 1.42.4 */
  withTranscoder: {
    version: "2.2.258",
    integrity:
      "sha512-TL3I9cIue0bAsuwrmjgjAQaEH6JL09y49FVQMDhrz4jJ2iPKuHtdrYd7ydm02t1YZdPZE2M0VNj6VD4fGIFpvw==",
  },
  /** botocore 1.40.16 */
  withOpsworks: {
    version: "2.2.250",
    integrity:
      "sha512-OWprXv59KZQxPOV3UsZUZ1MGF/xFTvBr2nWoz+CSnQV84kxnLnwj3wIfAqqVTnELla3tA7mjPXWwK6Fvm0te9w==",
  },
} satisfies Record<string, Release>;

export interface ServiceSource {
  /** Folder in botocore's data. */
  folder: string;
  /** `own` for a service of the project's own, whose model is `models/<folder>.json`. */
  release: Release | "own";
  /** Absent if no client has schemas. */
  client?: SdkClient;
  /** What to take from the client's schemas because botocore's model lacks it. */
  overlay?: "roots" | "names";
}

/** Every service whose contract is generated, by its id. */
export function serviceSources(): [service: string, source: ServiceSource][] {
  return Object.entries<Partial<ServiceSource>>(table).map(([service, entry]) => [
    service,
    { folder: service, release: releases.current, ...entry },
  ]);
}

const table = {
  account: { client: "account" },
  acm: { client: "acm" },
  apigateway: { client: "api-gateway" },
  apigatewaymanagementapi: { client: "apigatewaymanagementapi" },
  apigatewayv2: { client: "apigatewayv2" },
  "application-autoscaling": { client: "application-auto-scaling" },
  autoscaling: { client: "auto-scaling" },
  budgets: { client: "budgets" },
  ce: { client: "cost-explorer" },
  cloudcontrol: { client: "cloudcontrol" },
  cloudformation: { client: "cloudformation" },
  cloudfront: { client: "cloudfront" },
  cloudsearch: { client: "cloudsearch" },
  cloudsearchdomain: { client: "cloudsearch-domain" },
  cloudtrail: { client: "cloudtrail" },
  cloudwatch: { client: "cloudwatch" },
  "cognito-identity": { client: "cognito-identity" },
  "cognito-idp": { client: "cognito-identity-provider" },
  cur: {},
  dynamodb: { client: "dynamodb" },
  "dynamodb-streams": { folder: "dynamodbstreams", client: "dynamodb-streams" },
  ec2: { client: "ec2" },
  ecr: { client: "ecr" },
  ecs: { client: "ecs" },
  elasticache: { client: "elasticache" },
  elastictranscoder: { release: releases.withTranscoder },
  elb: { client: "elastic-load-balancing" },
  elbv2: { client: "elastic-load-balancing-v2" },
  emr: { client: "emr" },
  events: { client: "eventbridge" },
  firehose: { client: "firehose" },
  glacier: { client: "glacier" },
  hello: { release: "own" },
  iam: { client: "iam" },
  kinesis: { client: "kinesis" },
  kms: { client: "kms" },
  lambda: { client: "lambda" },
  logs: { client: "cloudwatch-logs" },
  opsworks: { release: releases.withOpsworks },
  organizations: { client: "organizations" },
  pipes: { client: "pipes" },
  pricing: { client: "pricing" },
  rds: { client: "rds" },
  "rds-data": { client: "rds-data" },
  "resource-groups": { client: "resource-groups" },
  resourcegroupstaggingapi: { client: "resource-groups-tagging-api" },
  route53: { client: "route-53" },
  route53resolver: {},
  s3: { client: "s3", overlay: "roots" },
  s3control: { client: "s3-control" },
  scheduler: { client: "scheduler" },
  secretsmanager: { client: "secrets-manager" },
  servicequotas: { folder: "service-quotas", client: "service-quotas" },
  ses: { client: "ses" },
  sesv2: { client: "sesv2" },
  sns: { client: "sns" },
  sqs: { client: "sqs", overlay: "names" },
  ssm: { client: "ssm" },
  stepfunctions: { client: "sfn" },
  sts: { client: "sts" },
} satisfies Record<string, Partial<ServiceSource>>;
