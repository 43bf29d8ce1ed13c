using OrleansZk.Grains;
using OrleansZk.Sample;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.UseOrleansClient(client => client
    .UseLocalhostClustering(builder.Configuration.GetValue("GatewayPort", 30000), "orleanszk", "orleanszk")
    .AddMemoryStreams(WatchStreams.DefaultProvider));
builder.Services.AddSingleton<Session>();
builder.Services.AddSingleton<Settings>();
builder.Services.AddSingleton<Worker>();
builder.Services.AddHostedService(services => services.GetRequiredService<Settings>());
builder.Services.AddHostedService(services => services.GetRequiredService<Worker>());
WebApplication app = builder.Build();

// The settings as this process has them now, and how to change one for all processes.
app.MapGet("/settings", (Settings settings) => settings.All);
app.MapPut("/settings/{name}", async (string name, HttpRequest request, Settings settings) =>
{
    using var body = new StreamReader(request.Body);
    await settings.SetAsync(name, await body.ReadToEndAsync());
});

// One of all processes works; when it ends, the next one does.
app.MapGet("/worker", (Worker worker) => new { worker.IsElected, worker.Done });
await app.RunAsync();
