import { Typography, type TypographyProps } from '@strapi/design-system';

type TruncatedProps = Omit<TypographyProps, 'children' | 'title' | 'ellipsis'> & {
  children: string;
};

/** A text of unknown length on one line; all of it on hover. */
export const Truncated = ({ children, ...props }: TruncatedProps) => (
  <Typography {...props} ellipsis title={children}>
    {children}
  </Typography>
);
