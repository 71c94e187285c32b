import { useIntl } from 'react-intl';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

interface RelativeTimeProps {
  /** Milliseconds since the epoch. */
  timestamp: number;
  /** Abbreviated, for where there is little room. */
  short?: boolean;
}

/** How long ago something was, the exact time on hover. Clocks differ: nothing lies ahead. */
export const RelativeTime = ({ timestamp, short = false }: RelativeTimeProps) => {
  const intl = useIntl();
  const seconds = Math.max(0, Math.floor((Date.now() - timestamp) / 1000));
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS[UNITS.length - 1];
  return (
    <time
      dateTime={new Date(timestamp).toISOString()}
      title={intl.formatDate(timestamp, { dateStyle: 'medium', timeStyle: 'medium' })}
    >
      {intl.formatRelativeTime(-Math.floor(seconds / size), unit, {
        numeric: 'auto',
        style: short ? 'short' : 'long',
      })}
    </time>
  );
};
