using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

public sealed class LoggingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 7, 18, 12, 0, 0, 5, TimeSpan.Zero);

    [Fact]
    public void An_event_is_one_line_with_the_time_in_UTC() =>
        Format(LogLevel.Warning, "two\r\nlines").ShouldBe("2026-07-18T12:00:00.005Z WARN  Engine: two lines\n");

    [Fact]
    public void An_exception_stays_on_the_line() =>
        Format(LogLevel.Error, "failed", new InvalidOperationException("why\nnot"))
            .ShouldBe("2026-07-18T12:00:00.005Z ERROR Engine: failed | System.InvalidOperationException: why not\n");

    [Theory]
    [InlineData(null, "line")]
    [InlineData("json", "json")]
    [InlineData("systemd", "systemd")]
    public void The_format_is_chosen_by_the_configuration(string? configured, string expected)
    {
        using WebApplication app = Build(("Logging:Console:FormatterName", configured));
        app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName.ShouldBe(expected);
        app.Services.GetServices<ConsoleFormatter>().ShouldContain(formatter => formatter.Name == expected);
    }

    [Fact]
    public void Json_has_the_time_in_UTC()
    {
        using WebApplication app = Build();
        ConsoleFormatter json = app.Services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == "json");
        var output = new StringWriter();
        json.Write(new LogEntry<string>(LogLevel.Information, "x", default, "hello", null, (state, _) => state), null, output);
        using JsonDocument document = JsonDocument.Parse(output.ToString());
        document.RootElement.GetProperty("Timestamp").GetString().ShouldNotBeNull().ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
    }

    [Fact]
    public void The_framework_is_heard_from_warnings_on_unless_the_configuration_says_otherwise()
    {
        IsEnabled("Microsoft.Hosting.Lifetime", LogLevel.Information).ShouldBeFalse();
        IsEnabled("Microsoft.Hosting.Lifetime", LogLevel.Warning).ShouldBeTrue();
        IsEnabled("OrleansZk.Server.Hosting.Engine", LogLevel.Information).ShouldBeTrue();
        IsEnabled("OrleansZk.Server.Hosting.Engine", LogLevel.Debug).ShouldBeFalse();
        IsEnabled("Microsoft.Hosting.Lifetime", LogLevel.Debug, ("Logging:LogLevel:Microsoft", "Debug")).ShouldBeTrue();
        IsEnabled("OrleansZk.Server.Hosting.Engine", LogLevel.Debug, ("Logging:LogLevel:Default", "Debug")).ShouldBeTrue();
    }

    private static bool IsEnabled(string category, LogLevel level, params (string, string?)[] settings)
    {
        using WebApplication app = Build(settings);
        return app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(level);
    }

    private static WebApplication Build(params (string Key, string? Value)[] settings)
    {
        // Not beside the program, whose appsettings.json has the same settings.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = Path.GetTempPath(),
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)));
        ConsoleLogging.AddDefaults(builder.Logging, builder.Configuration, () => true);
        builder.Services.AddSingleton(TimeProvider.System);
        return builder.Build();
    }

    private static string Format(LogLevel level, string message, Exception? exception = null)
    {
        using WebApplication app = Build();
        var formatter = new LineFormatter(app.Services.GetRequiredService<IOptionsMonitor<ConsoleFormatterOptions>>(), new FakeTimeProvider(Noon));
        var output = new StringWriter { NewLine = "\n" };
        formatter.Write(new LogEntry<string>(level, "OrleansZk.Server.Hosting.Engine", default, message, exception, (state, _) => state), null, output);
        return output.ToString();
    }
}
