import type { EndpointHosts } from "#gateway/routing/hosts.ts";
import type { Sinks } from "#kernel/ports.ts";
import type { Catalog } from "#kernel/runtime.ts";

/** Every service, loaded at its first call. */
export const catalog: Catalog = {
  "application-autoscaling": () =>
    import("#services/application-autoscaling/service.ts").then((m) => m.applicationAutoScaling),
  scheduler: () => import("#services/scheduler/service.ts").then((m) => m.scheduler),
  pipes: () => import("#services/events/pipes/service.ts").then((m) => m.pipes),
  "dynamodb-streams": () => import("#services/dynamodb/service.ts").then((m) => m.dynamodbStreams),
  dynamodb: () => import("#services/dynamodb/service.ts").then((m) => m.dynamodb),
  firehose: () => import("#services/firehose/service.ts").then((m) => m.firehose),
  kinesis: () => import("#services/kinesis/service.ts").then((m) => m.kinesis),
  glacier: () => import("#services/glacier/service.ts").then((m) => m.glacier),
  events: () => import("#services/events/service.ts").then((m) => m.events),
  s3: () => import("#services/s3/service.ts").then((m) => m.s3),
  s3control: () => import("#services/s3/control.ts").then((m) => m.s3control),
  sns: () => import("#services/sns/service.ts").then((m) => m.sns),
  sqs: () => import("#services/sqs/service.ts").then((m) => m.sqs),
  sts: () => import("#services/sts/service.ts").then((m) => m.sts),
};

/** The service that collects observations, loaded at the first one. */
export const sinks: Sinks = {
  event: (ctx, batch) =>
    import("#services/events/publishing/sink.ts").then(({ collect }) => collect(ctx, batch)),
};

/** The hosts and paths of service endpoints, which do not serve operations: `photos.s3-website.localhost`. */
export const endpointHosts: EndpointHosts = {
  "s3-website": "s3",
  "/_sns": "sns",
};
