import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Previewer } from '#control';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Answers, Takes } from '../docs/answers.js';
import { Requires } from '../auth/requires.js';

/** What a mapping would do with a message. */
@ApiTags('schemas')
@ApiBearerAuth()
@Controller('api/preview')
export class PreviewController {
  constructor(private readonly previewer: Previewer) {}

  @Post()
  @HttpCode(200)
  @Requires('schemas:read')
  @Takes('PreviewRequest')
  @Answers('Preview')
  @ApiOperation({ summary: 'Map a message without storing it, with a trace of each step' })
  preview(@Body() body: unknown): Promise<object> {
    return this.previewer.preview(body);
  }
}
