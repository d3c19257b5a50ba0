import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** The machine that the figures were measured on; without it a figure has no meaning. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Average of the last minute before the bench began: above 0, other processes were running too. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

const ticksPerSecond = 100;

/** Processor time that a process has used so far, in milliseconds. Only where there is /proc; otherwise not a number. */
export function cpuMs(processId: number): number {
  try {
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

/** Memory that a process holds at this moment, in megabytes. Only where there is /proc; otherwise not a number. */
export function memoryMb(processId: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1_024;
  } catch {
    return Number.NaN;
  }
}

/** The one child of a process. */
export function onlyChildOf(processId: number): number {
  try {
    return Number(readFileSync(`/proc/${processId}/task/${processId}/children`, 'utf8').trim().split(' ')[0]);
  } catch {
    return Number.NaN;
  }
}

/** The process whose command line holds all of these words; not a number when there is none. */
export function processWith(words: readonly string[]): number {
  const found = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      // A supervisor carries its child's command line within one argument.
      return words.every((word) => line.includes(word));
    } catch {
      return false;
    }
  });
  return Number(found ?? Number.NaN);
}
