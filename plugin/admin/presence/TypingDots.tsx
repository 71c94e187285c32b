import { keyframes, styled } from 'styled-components';

const rise = keyframes`
  0%, 60%, 100% { opacity: 0.3; transform: none; }
  30% { opacity: 1; transform: translateY(-0.2rem); }
`;

const Dots = styled.span`
  display: inline-flex;
  gap: 0.3rem;
  margin-inline-end: 0.6rem;
  vertical-align: middle;

  i {
    width: 0.4rem;
    height: 0.4rem;
    border-radius: 50%;
    background: ${({ theme }) => theme.colors.primary600};
    animation: ${rise} 1.4s ease-in-out infinite;
  }
  i:nth-child(2) {
    animation-delay: 0.15s;
  }
  i:nth-child(3) {
    animation-delay: 0.3s;
  }

  @media (prefers-reduced-motion: reduce) {
    i {
      animation: none;
    }
  }
`;

/** Somebody is typing: a movement to see from the corner of the eye. */
export const TypingDots = () => (
  <Dots aria-hidden>
    <i />
    <i />
    <i />
  </Dots>
);
