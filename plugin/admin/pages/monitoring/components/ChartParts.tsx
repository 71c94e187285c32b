/** What the chart is made of. The curve is stretched to its place; all that has text lies around it. */
import { styled } from 'styled-components';

const HEIGHT = '18rem';

/** Wide enough for `999K`, so that the curve stays where it is whatever the figures. */
export const Scale = styled.div`
  display: flex;
  flex-direction: column;
  justify-content: space-between;
  height: calc(${HEIGHT} + 1.6rem);
  margin: -0.8rem 0;
  min-width: 3.4rem;
  text-align: right;
  font-size: ${({ theme }) => theme.fontSizes[1]};
  line-height: 1.6rem;
  font-variant-numeric: tabular-nums;
  color: ${({ theme }) => theme.colors.neutral600};
`;

export const Plot = styled.div`
  position: relative;
  flex: 1;
  min-width: 0;
  height: ${HEIGHT};
`;

export const Curve = styled.svg`
  display: block;
  width: 100%;
  height: 100%;
  overflow: visible;

  & > * {
    vector-effect: non-scaling-stroke;
  }
  [data-part='grid'] {
    stroke: ${({ theme }) => theme.colors.neutral200};
  }
  [data-part='area'] {
    fill: ${({ theme }) => theme.colors.primary600};
    opacity: 0.12;
  }
  [data-part='line'] {
    fill: none;
    stroke: ${({ theme }) => theme.colors.primary600};
    stroke-width: 2;
    stroke-linejoin: round;
  }
`;

/** Takes the pointer and the keys. */
export const Surface = styled.div`
  position: absolute;
  inset: 0;
  cursor: crosshair;
  touch-action: pan-y;
  border-radius: ${({ theme }) => theme.borderRadius};

  &:focus-visible {
    outline: 2px solid ${({ theme }) => theme.colors.primary600};
    outline-offset: 4px;
  }
`;

export const Guide = styled.div`
  position: absolute;
  top: 0;
  bottom: 0;
  border-left: 1px solid ${({ theme }) => theme.colors.neutral400};
`;

export const Dot = styled.div`
  position: absolute;
  width: 0.9rem;
  height: 0.9rem;
  margin: -0.45rem;
  border-radius: 50%;
  border: 2px solid ${({ theme }) => theme.colors.neutral0};
  background: ${({ theme }) => theme.colors.primary600};
`;

export const Tip = styled.div`
  position: absolute;
  top: -1.2rem;
  padding: ${({ theme }) => `${theme.spaces[1]} ${theme.spaces[2]}`};
  border-radius: ${({ theme }) => theme.borderRadius};
  background: ${({ theme }) => theme.colors.neutral900};
  color: ${({ theme }) => theme.colors.neutral0};
  font-size: ${({ theme }) => theme.fontSizes[1]};
  white-space: nowrap;
  font-variant-numeric: tabular-nums;
`;

export const Axis = styled.div`
  display: flex;
  justify-content: space-between;
  padding: ${({ theme }) => `${theme.spaces[2]} 0 0 4.2rem`};
  font-size: ${({ theme }) => theme.fontSizes[1]};
  color: ${({ theme }) => theme.colors.neutral600};

  @media (max-width: 700px) {
    & > span:not(:first-child, :last-child) {
      display: none;
    }
  }
`;
