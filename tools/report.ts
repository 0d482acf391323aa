/** Writes the result of a Vitest run, as JSON, to the file that `NUBE_REPORT` names; for `npm test`. */
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface Outcome {
  passed: number;
  failed: number;
  skipped: string[];
  /** The names of failed tests, with the first lines of their errors. */
  failures: string[];
}

/** A class, because Vitest creates its reporters with `new`. */
export default class implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const outcome: Outcome = { passed: 0, failed: 0, skipped: [], failures: [] };
    for (const module of modules) {
      const errors = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
      for (const error of errors) fail(outcome, module.relativeModuleId, error);
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        if (state === "passed") outcome.passed++;
        if (state === "skipped") outcome.skipped.push(test.fullName);
        if (state === "failed") fail(outcome, `${module.relativeModuleId} > ${test.fullName}`, errors[0]);
      }
    }
    for (const error of unhandledErrors) fail(outcome, "outside of any test", error);
    writeFileSync(process.env.NUBE_REPORT!, JSON.stringify(outcome));
  }
}

function fail(outcome: Outcome, name: string, error: { message: string; stack?: string } | undefined): void {
  outcome.failed++;
  const lines = [
    error?.message ?? "",
    ...(error?.stack ?? "").split("\n").filter((line) => / at (?!.*node_modules)/.test(line)),
  ];
  outcome.failures.push([name, ...lines.join("\n").split("\n").slice(0, 8)].join("\n            "));
}
