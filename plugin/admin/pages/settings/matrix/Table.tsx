/** A table that scrolls by itself, both ways, with its header and first column in place. */
import { styled } from 'styled-components';

export const Scroller = styled.div`
  /* What is hidden from sight must not widen the page. */
  position: relative;
  max-height: min(60vh, 56rem);
  overflow: auto;
  border: 1px solid ${({ theme }) => theme.colors.neutral200};
  border-radius: ${({ theme }) => theme.borderRadius};

  &:focus-visible {
    outline: 2px solid ${({ theme }) => theme.colors.primary600};
    outline-offset: 2px;
  }
`;

export const Table = styled.table`
  width: 100%;
  border-collapse: separate;
  border-spacing: 0;

  th,
  td {
    padding: ${({ theme }) => `${theme.spaces[2]} ${theme.spaces[3]}`};
    vertical-align: middle;
    text-align: center;
    font-weight: ${({ theme }) => theme.fontWeights.regular};
    border-bottom: 1px solid ${({ theme }) => theme.colors.neutral150};
    background: ${({ theme }) => theme.colors.neutral0};
  }

  tbody tr:last-child > * {
    border-bottom: none;
  }

  tbody tr:hover > * {
    background: ${({ theme }) => theme.colors.neutral100};
  }

  td > * {
    display: flex;
    justify-content: center;
    margin-inline: auto;
  }

  thead th {
    position: sticky;
    top: 0;
    z-index: 2;
    background: ${({ theme }) => theme.colors.neutral100};
    border-bottom-color: ${({ theme }) => theme.colors.neutral200};
  }

  th:first-child {
    position: sticky;
    left: 0;
    z-index: 1;
    width: 100%;
    min-width: 14rem;
    max-width: 0;
    text-align: left;
  }

  thead th:first-child {
    z-index: 3;
  }
`;
