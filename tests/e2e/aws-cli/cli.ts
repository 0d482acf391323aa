import { awsCli, type Finished, type Server } from "../harness.ts";

/** The AWS CLI against one cloud. */
export interface Cli {
  /** What it prints. @throws {Error} with its own words, where it fails */
  (...args: string[]): Promise<string>;
  /** What it prints, read as JSON; `undefined` where that is nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects
  json(...args: string[]): Promise<any>;
  /** What it complains of. @throws {Error} where it succeeds */
  refused(...args: string[]): Promise<string>;
}

/**
 * @param folder where it runs
 * @param variables of its environment, above those that name the root of the standard account
 */
export function cli(server: Server, folder?: string, variables?: Record<string, string>): Cli {
  const aws = awsCli(server, folder, variables);
  const told = (args: string[], { code, stdout, stderr }: Finished) =>
    new Error(`aws ${args.join(" ")} ended with ${code}: ${stderr || stdout}`);
  async function run(...args: string[]): Promise<string> {
    const finished = await aws(...args);
    if (finished.code !== 0 || finished.stderr !== "") throw told(args, finished);
    return finished.stdout;
  }
  return Object.assign(run, {
    async json(...args: string[]) {
      const text = await run(...args, "--output", "json");
      return text === "" ? undefined : JSON.parse(text);
    },
    async refused(...args: string[]) {
      const finished = await aws(...args);
      if (finished.code === 0) throw told(args, finished);
      return finished.stderr.trim();
    },
  });
}
