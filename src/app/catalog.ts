import type { Catalog } from "#kernel/runtime.ts";

/** Every service, each loaded by its first call. */
export const catalog: Catalog = {
  glacier: () => import("#services/glacier/service.ts").then((m) => m.glacier),
  s3: () => import("#services/s3/service.ts").then((m) => m.s3),
  sts: () => import("#services/sts/service.ts").then((m) => m.sts),
};
