import { defineService } from "#kernel/service.ts";
import { identity } from "./identity.ts";
import { sessions } from "./sessions.ts";

export const sts = defineService({
  id: "sts",
  scope: "account",
  operations: [identity, sessions],
  access: {
    // No policy can deny these two: API reference, "GetCallerIdentity" and "GetSessionToken", Permissions.
    GetCallerIdentity: () => [],
    GetSessionToken: () => [],
    GetAccessKeyInfo: () => [{ action: "sts:GetAccessKeyInfo", resource: "*" }],
  },
});
