import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AccessDirectory } from '#access';
import {
  AccountRegistry,
  DeadLetters,
  DeviceRegistry,
  FeatureRegistry,
  ObservationQueries,
  Previewer,
  PropertyRegistry,
  Replayer,
  SchemaRegistry,
} from '#control';
import { BackupSource, HealthSource, HttpModule, type Health } from '#http';
import { Ingest } from '#ingest';
import { ObservationRenderer, OntologyHub } from '#semantics';
import { ControlStore } from '#storage';
import type { Gateway } from './compose.js';

/** Hands the composed instances to Nest. */
@Module({})
export class AppModule {
  static over(gateway: Gateway, logger: Logger): DynamicModule {
    const services = [
      { provide: AccessDirectory, useValue: gateway.access },
      { provide: AccountRegistry, useValue: gateway.accounts },
      { provide: ControlStore, useValue: gateway.control },
      { provide: DeadLetters, useValue: gateway.deadLetters },
      { provide: DeviceRegistry, useValue: gateway.devices },
      { provide: FeatureRegistry, useValue: gateway.features },
      { provide: Ingest, useValue: gateway.ingest },
      { provide: ObservationQueries, useValue: gateway.queries },
      { provide: ObservationRenderer, useValue: gateway.renderer },
      { provide: OntologyHub, useValue: gateway.hub },
      { provide: Previewer, useValue: gateway.previewer },
      { provide: PropertyRegistry, useValue: gateway.properties },
      { provide: Replayer, useValue: gateway.replayer },
      { provide: SchemaRegistry, useValue: gateway.schemas },
      { provide: HealthSource, useValue: new GatewayHealth(gateway) },
      { provide: BackupSource, useValue: new GatewayBackup(gateway) },
    ];
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false } }),
        HttpModule.over(services, gateway.baseUrl),
      ],
    };
  }
}

class GatewayHealth extends HealthSource {
  readonly #started = Date.now();

  constructor(private readonly gateway: Gateway) {
    super();
  }

  health(): Health {
    const { broker, config } = this.gateway;
    const { storing, upstream } = this.gateway.trouble();
    const trouble = [...storing, ...upstream];
    return {
      status: trouble.length > 0 ? 'degraded' : 'ok',
      storing: storing.length === 0,
      trouble,
      version: config.version,
      uptime: Math.round((Date.now() - this.#started) / 1000),
      mqtt: { connections: broker.connections, held: broker.depth },
    };
  }
}

class GatewayBackup extends BackupSource {
  constructor(private readonly gateway: Gateway) {
    super();
  }

  get temporary(): string {
    return this.gateway.temporary;
  }

  backup(directory: string): Promise<void> {
    return this.gateway.backup(directory);
  }
}
