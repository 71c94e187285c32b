import type { ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';

interface CardProps {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A part of the page with a heading. */
export const Card = ({ title, aside, children }: CardProps) => (
  <Box
    tag="section"
    aria-label={title}
    background="neutral0"
    hasRadius
    shadow="tableShadow"
    borderColor="neutral150"
    padding={5}
    height="100%"
    minWidth={0}
  >
    <Flex justifyContent="space-between" alignItems="center" wrap="wrap" gap={2} paddingBottom={4}>
      <Typography variant="delta" tag="h2">
        {title}
      </Typography>
      {aside}
    </Flex>
    {children}
  </Box>
);
