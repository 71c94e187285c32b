import { css, keyframes, styled } from 'styled-components';

type Color = 'success500' | 'warning500' | 'danger500' | 'neutral500';

const spread = keyframes`
  from { opacity: 0.6; transform: scale(1); }
  70%, to { opacity: 0; transform: scale(2.6); }
`;

const pulsing = css`
  &::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: inherit;
    background: inherit;
    animation: ${spread} 2s ease-out infinite;
  }

  @media (prefers-reduced-motion: reduce) {
    &::after {
      animation: none;
      display: none;
    }
  }
`;

const Dot = styled.span<{ $color: Color; $pulse: boolean }>`
  position: relative;
  display: inline-block;
  flex-shrink: 0;
  width: 0.8rem;
  height: 0.8rem;
  border-radius: 50%;
  background: ${({ theme, $color }) => theme.colors[$color]};
  ${({ $pulse }) => $pulse && pulsing}
`;

export interface StatusDotProps {
  color: Color;
  /** Whether something is going on, for those who do not mind motion. */
  pulse?: boolean;
}

/** A sign beside a text that says the same. */
export const StatusDot = ({ color, pulse = false }: StatusDotProps) => (
  <Dot aria-hidden data-pulse={pulse} $color={color} $pulse={pulse} />
);
