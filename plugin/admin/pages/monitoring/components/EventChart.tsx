import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import { useTranslate } from '../../../utils/translations';
import { axisEnd, lastSeconds } from '../data/scale';
import { Axis, Curve, Dot, Guide, Plot, Scale, Surface, Tip } from './ChartParts';
import { Card } from './Card';

const SECONDS = 300;
const MINUTES = SECONDS / 60;
const HEIGHT = 100;
const LAST = SECONDS - 1;

interface EventChartProps {
  /** Events in each of the last seconds, oldest first. */
  history: number[];
}

/** Events per second over the last minutes. One looks at a second by pointing, or with the arrow keys. */
export const EventChart = ({ history }: EventChartProps) => {
  const t = useTranslate();
  const intl = useIntl();
  const [pointed, setPointed] = useState<number | null>(null);

  const values = lastSeconds(history, SECONDS);
  const known = values.filter((value) => value !== null);
  const peak = Math.max(0, ...known);
  const average = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  const end = axisEnd(peak);
  const first = SECONDS - known.length;
  const height = (value: number) => HEIGHT * (1 - value / end);

  const line = known.map((value, index) => `${first + index},${height(value)}`).join(' ');
  const area = `${first},${HEIGHT} ${line} ${LAST},${HEIGHT}`;

  const now = known.at(-1) ?? 0;
  const summary = t('monitoring.chart.summary', {
    now: intl.formatNumber(now),
    average: intl.formatNumber(average, { maximumFractionDigits: 2 }),
    peak: intl.formatNumber(peak),
  });
  const describe = (second: number): string => {
    const value = values[second];
    if (value === null) return t('monitoring.chart.none');
    const ago = LAST - second;
    const time =
      ago < 60
        ? intl.formatRelativeTime(-ago, 'second', { numeric: 'auto' })
        : t('monitoring.chart.minutesAgo', {
            time: `${Math.floor(ago / 60)}:${String(ago % 60).padStart(2, '0')}`,
          });
    return t('monitoring.chart.value', { count: value, time });
  };

  const point = ({ clientX, currentTarget }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setPointed(Math.round(Math.min(1, Math.max(0, (clientX - left) / width)) * LAST));
  };
  const move = (event: KeyboardEvent) => {
    const from = pointed ?? LAST;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - 30,
      PageUp: from + 30,
      Home: first,
      End: LAST,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setPointed(Math.min(LAST, Math.max(first, to)));
  };

  const shown = pointed ?? LAST;
  const share = shown / LAST;
  return (
    <Card
      title={t('monitoring.chart.title')}
      aside={
        <Typography variant="pi" textColor="neutral600">
          {summary}
        </Typography>
      }
    >
      <Flex alignItems="stretch" gap={2}>
        <Scale aria-hidden>
          {[end, end / 2, 0].map((value) => (
            <span key={value}>{intl.formatNumber(value, { notation: 'compact' })}</span>
          ))}
        </Scale>
        <Plot>
          <Curve viewBox={`0 0 ${LAST} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
            {[0, HEIGHT / 2, HEIGHT].map((y) => (
              <line key={y} x1={0} x2={LAST} y1={y} y2={y} data-part="grid" />
            ))}
            <polygon points={area} data-part="area" />
            <polyline points={line} data-part="line" />
          </Curve>
          {pointed !== null && <Guide style={{ left: `${share * 100}%` }} />}
          {pointed !== null && values[shown] !== null && (
            <Dot style={{ left: `${share * 100}%`, top: `${height(values[shown])}%` }} />
          )}
          {pointed !== null && (
            <Tip style={{ left: `${share * 100}%`, transform: `translateX(-${share * 100}%)` }}>
              {describe(shown)}
            </Tip>
          )}
          <Surface
            role="slider"
            tabIndex={0}
            aria-label={`${t('monitoring.chart.title')}. ${summary}`}
            aria-orientation="horizontal"
            aria-valuemin={first - LAST}
            aria-valuemax={0}
            aria-valuenow={shown - LAST}
            aria-valuetext={describe(shown)}
            onPointerMove={point}
            onPointerDown={point}
            onPointerLeave={() => setPointed(null)}
            onKeyDown={move}
            onBlur={() => setPointed(null)}
          />
        </Plot>
      </Flex>
      <Axis aria-hidden>
        {Array.from({ length: MINUTES + 1 }, (_, index) => (
          <span key={index}>
            {index === MINUTES
              ? intl.formatRelativeTime(0, 'second', { numeric: 'auto' })
              : intl.formatNumber(index - MINUTES, {
                  style: 'unit',
                  unit: 'minute',
                  unitDisplay: 'short',
                })}
          </span>
        ))}
      </Axis>
    </Card>
  );
};
