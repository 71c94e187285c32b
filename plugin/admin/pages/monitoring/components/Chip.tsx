import { styled } from 'styled-components';

const TONES = {
  neutral: { background: 'neutral150', text: 'neutral700' },
  warning: { background: 'warning100', text: 'warning700' },
} as const;

const Frame = styled.span<{ $tone: keyof typeof TONES; $wrap: boolean; $maxWidth: string }>`
  min-width: 0;
  max-width: ${({ $maxWidth }) => $maxWidth};
  padding: ${({ theme }) => `0 ${theme.spaces[2]}`};
  border-radius: ${({ theme }) => theme.borderRadius};
  background: ${({ theme, $tone }) => theme.colors[TONES[$tone].background]};
  color: ${({ theme, $tone }) => theme.colors[TONES[$tone].text]};
  font-size: ${({ theme }) => theme.fontSizes[1]};
  line-height: 2rem;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: ${({ $wrap }) => ($wrap ? 'normal' : 'nowrap')};
  overflow-wrap: anywhere;
`;

interface ChipProps {
  children: string;
  tone?: keyof typeof TONES;
  /** Whether a long name takes several lines instead of being cut off. */
  wrap?: boolean;
  maxWidth?: string;
}

/** A name as it is: unlike a badge, it keeps its case, which tells rooms and events apart. */
export const Chip = ({
  children,
  tone = 'neutral',
  wrap = false,
  maxWidth = '100%',
}: ChipProps) => (
  <Frame title={children} $tone={tone} $wrap={wrap} $maxWidth={maxWidth}>
    {children}
  </Frame>
);
