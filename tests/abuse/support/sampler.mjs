// What a process uses, read from /proc: memory, descriptors, threads, and CPU time.
import { readdirSync, readFileSync } from 'node:fs';

const MB = 1024 * 1024;

/** Resident memory in MB, open descriptors, threads, and CPU time in seconds; null if the process is gone. */
export function usage(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return {
      rss: (field('VmRSS') * 1024) / MB,
      fds: readdirSync(`/proc/${pid}/fd`).length,
      threads: field('Threads'),
      cpu: (Number(stat[11]) + Number(stat[12])) / 100,
    };
  } catch {
    return null;
  }
}

/** Samples a process until `stop()`, which resolves with the highest values. */
export function sample(pid, every = 100) {
  const peak = { rss: 0, fds: 0, threads: 0 };
  const look = () => {
    const now = usage(pid);
    for (const name of Object.keys(peak)) peak[name] = Math.max(peak[name], now?.[name] ?? 0);
  };
  look();
  const timer = setInterval(look, every);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}
